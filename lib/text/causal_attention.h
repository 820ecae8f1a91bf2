// The attention of language models: causal, with fewer heads of keys and values than of queries.
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace kinema::text {

// q [B, L, H, D], k and v [B, L, Hkv, D] where Hkv divides H -> [B, L, H, D]. A query sees itself
// and the keys before it; with a `window` above 0 only the last `window` of these.
at::Tensor causal_attention(const at::Tensor& q,
                            const at::Tensor& k,
                            const at::Tensor& v,
                            double scale,
                            int64_t window = 0);

}  // namespace kinema::text
