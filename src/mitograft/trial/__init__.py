"""The clinical trial: core set measures of patients, visit by visit."""
