"""Did it work? Samples, instruments, answers, outcomes and indicators; tables in, tables out."""
