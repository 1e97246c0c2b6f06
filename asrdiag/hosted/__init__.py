"""Endpoints that speak OpenAI's API, whatever they are asked for.

`address` checks where they are; `key` keeps the key to itself; `sending` sends a request once and tells
troubles apart; `pace` says when to send and when to send again; `calling` brings requests through, several at
a time; `chat` and `usage` take apart what comes back; `failures` names what may go wrong.
"""
