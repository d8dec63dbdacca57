"""Benchmarks: this library side by side with its peers, in one run, alternating.

``make bench`` runs all groups; ``make bench ARGS="sequences --sizes 1e6"`` runs one. Every
measurement is a fresh process, so that its peak memory is its own and nobody profits from what
another left warm. Figures are ratios within a round; seconds are shown for orientation only.
"""
