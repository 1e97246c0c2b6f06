"""Hosted recognisers, and any server that speaks OpenAI's API.

`spec` is what a suite says; `request` makes of a clip what is sent; `sending` sends it once and tells
troubles apart; `pace` says when to send and when to send again; `answer` takes apart what comes back;
`spending` counts requests and money; `key` keeps the key to itself; `recognizer` brings clips through all.
"""
