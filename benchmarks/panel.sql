-- How many pairs of states have an organization in common in a year, and how many at most. For DuckDB, Spark and others.
SELECT year, count(*) AS pairs, max(member_both) AS most
FROM panel WHERE member_both > 0 GROUP BY year ORDER BY year
