// A transformer's seams in one process: nothing is split, fetched or exchanged.
#pragma once

#include "nn/seams.h"

namespace kinema::test {

struct LocalSeams {
  nn::LocalJointAttention attend;
  nn::TokenSplit tokens;
  nn::BlockWeights blocks;

  nn::Seams seams() { return {attend, tokens, blocks}; }
  nn::Seams seams(const nn::Elementwise& by) { return {attend, tokens, blocks, by}; }
};

}  // namespace kinema::test
