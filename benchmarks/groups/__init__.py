"""One module for each group of benchmarks, named as on the command line; each has ``GROUP``."""
