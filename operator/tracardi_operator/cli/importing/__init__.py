"""What `import` makes of Tracardi's resources. All but `writing` is pure."""
