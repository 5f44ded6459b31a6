def document_routes(settings):  # type: ignore
    return []
