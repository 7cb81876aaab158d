"""Aplomo beside a single prompt, LangGraph, NeMo Guardrails and Parlant.

Read the folder as a sentence: the *brief* says what everyone is told, the *sample* which comments
are put to them; one *server* answers every *peer* through a *meter*; each answer is *judged*, and
the judgements are a *table*.
"""
