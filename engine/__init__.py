"""A generic engine: any Swagger/OpenAPI document becomes validated Python functions at run time."""
