"""Tests of the detector."""
