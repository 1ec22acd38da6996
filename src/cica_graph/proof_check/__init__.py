"""Checker of proofs, which shares no code with the modules that make them.

A proof is plain JSON, as ``cica-graph why --format json`` prints it. The files are Turtle. Which reports are about the
same membership is a premise of the proof. All else is computed again from the files.
"""

from cica_graph.proof_check.check import check_proof as check_proof
from cica_graph.proof_check.sources import Sources as Sources
