"""Chat models, through LangChain."""
