"""Any server that speaks OpenAI's API: transcription, speech, understanding."""
