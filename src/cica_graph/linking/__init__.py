"""Links between the project's things and those of other datasets: found, checked, kept as SSSOM."""
