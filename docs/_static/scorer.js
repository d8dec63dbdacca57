/* Guides and the reference come before what tells how the library was made. */
var Scorer = {
  score: ([page, , , , score]) => {
    if (/^(adr\/|benchmarks\/|_modules\/|architecture|decisions|changelog|fault_matrix)/.test(page)) return score - 20;
    if (/^(how_to\/|getting_started|evaluation|data_preparation|cheat_sheet|glossary|errors)/.test(page)) return score + 6;
    return score;
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
