"""The drill surge-attack: attacks are seen, named and contained by Holdfast itself; flash crowds are let be."""
