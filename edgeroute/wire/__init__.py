"""Wire formats: between our nouns and the bytes of the three protocols. Pure; opens nothing.

``format`` holds the contract, ``formats.FORMATS`` the formats by name, ``stream`` reads the bytes
of an answer.
"""
