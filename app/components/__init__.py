"""What Streamlit has no element for, in the browser's own language; the texts that it is given stay texts."""
