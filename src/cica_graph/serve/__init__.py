"""HTTP server: pages and data of the site, the API, SPARQL, and reconciliation.

:func:`cica_graph.serve.server.supervisor.serve` starts it. These are its layers; imports go only downwards:

    server        processes: supervisor, fork server, web processes
    app           routes
    endpoints     one module per group of addresses
    executor      cache, scheduling and streaming of an answer
    state         state that the endpoints of a process share
    execute       code that runs in a query worker
    site_archive  files of the site, in one file
    pool          workers, their queue, and messages to them
    http          connections, request fields, errors
    release       one state of the data
    config        settings, limits
    metrics       counters
"""
