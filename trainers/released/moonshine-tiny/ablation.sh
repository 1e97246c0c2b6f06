#!/bin/sh
# The trainings of the ablation in docs/reinforcement-learning.md, one after the other: two hours on one core.
# Wants ROWS, MOONSHINE_TINY, A2S (an adapter to start from) and WORK in the environment. Names of arms may follow.
# STEPS are those of a training, 30 if it is not set.
set -eu
here=$(dirname "$0")

rl() {
    arm=$1
    shift
    asrdiag train rl "$here/rl.yaml" --out "$WORK/rl/$arm" --set name="$arm" \
        --set steps="${STEPS:-30}" --set checkpoint_every="${STEPS:-30}" "$@"
}

for arm in ${*:-full-1 r-wer-1 full-2 r-wer-2 full-3 r-wer-3 grpo no-rep no-fine no-struc no-gate full-fast sft}; do
    case $arm in
    full-fast) rl "$arm" --set learning_rates.encoder=3e-4 --set learning_rates.decoder=3e-4 ;;
    full-*) rl "$arm" --set seed="${arm#full-}" ;;
    r-wer-*) rl "$arm" --set seed="${arm#r-wer-}" --set reward.name=r-wer ;;
    grpo) rl "$arm" --set reward.name=r-wer --set loss.kind=grpo --set loss.clip_high=0.2 --set groups.max_resamples=0 ;;
    no-rep) rl "$arm" --set reward.name=without-r-rep ;;
    no-fine) rl "$arm" --set reward.name=without-r-fine ;;
    no-struc) rl "$arm" --set reward.name=without-r-struc ;;
    no-gate) rl "$arm" --set reward.name=without-gate ;;
    # As much time for more of what came before.
    sft) asrdiag train sft "$here/continued.yaml" --out "$WORK/rl/$arm" ;;
    *) echo "$arm: expected one of the arms named in this file" >&2 && exit 2 ;;
    esac
done
