"""Public data sets in the form that the benchmarks read: one small module a data set."""
