"""Tests of the jobs' ground: brokers, schedule and worker, each a real process."""
