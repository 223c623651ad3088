"""Topics, schemas and examples belong together; none is left over."""
