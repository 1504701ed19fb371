"""What `porteiro check` looks at, one module a place: the machine, the files, the neighbours."""
