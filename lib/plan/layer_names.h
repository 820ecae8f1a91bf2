// What a model's layers are called elsewhere: in its original repository, and by trainers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kinema::plan {

// Another name of a layer, or of several one below the other of which it is one.
struct LayerName {
  std::string name;
  int64_t part = 0, parts = 1;
  bool halves_swapped = false;  // the first half of the layer's rows is the second there
};

// The layer `ours` ends in, and what stands there elsewhere.
struct Renamed {
  std::string_view ours, theirs;
  int64_t part = 0, parts = 1;
  bool halves_swapped = false;
};

// Appends `layer` with `ours` at its end, right behind `our_scope` (and a number and a dot if that
// ends in one), replaced: "transformer_blocks.3.attn.to_q" is "double_blocks.3.img_attn_q".
void add_renamed(std::string_view layer,
                 std::string_view our_scope,
                 std::string_view their_scope,
                 const std::vector<Renamed>& table,
                 std::vector<LayerName>& names);

}  // namespace kinema::plan
