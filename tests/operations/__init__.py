"""The 21 operations over real HTTP, each through the public surface, each with its refusals.

A refusal that the client would find before it sends anything is provoked through
``client.service``, which sends what it is told.
"""
