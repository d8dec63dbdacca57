"""Object stores that the tests run against, each started and stopped by process id."""
