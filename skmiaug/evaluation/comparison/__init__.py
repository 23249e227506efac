"""Cross-validated comparison of samplers: cells, statistics, tables and plots."""
