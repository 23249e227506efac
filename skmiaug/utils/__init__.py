"""Helpers without estimators: devices, seeds, containers, files, optional packages."""
