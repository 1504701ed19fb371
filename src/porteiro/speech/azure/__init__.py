"""Azure Speech over its REST API: recognition streamed up, synthesis streamed down."""
