"""The 21 operations of the service, as documented and nothing more."""
