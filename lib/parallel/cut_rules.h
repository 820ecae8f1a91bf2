// Which weights tensor parallelism cuts, and in which dimension.
#pragma once

#include <string>
#include <vector>

namespace kinema::parallel {

enum class Cut {
  kColumns,  // of the output features: dimension 0 of the weight and of the bias
  kRows,     // of the input features: dimension 1 of the weight; products are summed, the bias is
             // added once
  kNorm,  // of the features that a norm runs over: dimension 0 of the weight; sums of squares are
          // summed
};

// Every parameter whose name starts with `prefix` and whose layer ends in `layer` ("attn.to_q").
struct CutRule {
  std::string prefix, layer;
  Cut cut;
};

// How each network here is cut. Layers not named stay whole on every rank.
const std::vector<CutRule>& hunyuan15_transformer_rules();
const std::vector<CutRule>& ltx2_transformer_rules();
const std::vector<CutRule>& decoder_text_rules();  // Qwen2.5-VL's and Gemma 3's language models
const std::vector<CutRule>& uncut();               // nothing

}  // namespace kinema::parallel
