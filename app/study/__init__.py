"""Case studies: chosen cases in an order, with notes: a file, and a page. No Streamlit here."""
