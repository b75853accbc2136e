"""Tests of `make run`: the launcher started for real on an empty directory."""
