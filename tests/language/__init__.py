"""Tests of the template language beyond real templates: tables, random programs, generators."""
