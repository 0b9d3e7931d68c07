"""What a picture shows and its file says: text, faces, documents, words beside the picture."""
