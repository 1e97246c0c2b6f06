"""Hosted recognisers, and any server that speaks OpenAI's API.

`spec` is what a suite says; `request` makes of a clip what is sent; `answer` takes apart what comes back;
`spending` counts requests and money; `recognizer` brings clips through all. Sending is in `asrdiag.hosted`.
"""
