"""Catalog of a published graph (DCAT, VoID, sitemap, llms.txt), and configuration files for web servers."""
