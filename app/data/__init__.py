"""What the explorer shows, read from run directories; nothing in here knows of Streamlit."""
