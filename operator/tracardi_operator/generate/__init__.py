"""Files made from the models and the catalogue: the CRD and the admission policies.

Pure generators; `__main__` writes the files or tells which differ. Nothing here runs in the operator.
"""
