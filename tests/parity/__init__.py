"""Field by field, file by file: does synfin say what tshark says?"""
