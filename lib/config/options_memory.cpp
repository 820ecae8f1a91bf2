// Settings that save memory.
#include "config/option_groups.h"

namespace kinema::config {

std::vector<Option> memory_options() {
  return {
      {.key = "vae_tiling",
       .flags = {"--vae-tiling"},
       .group = Group::kMemory,
       .field = field(&Request::vae_tiling),
       .help = "decode in blended tiles as diffusers does; auto: only where the whole frame would "
               "not fit"},
      {.key = "vae_tile_size",
       .flags = {"--vae-tile-size"},
       .group = Group::kMemory,
       .field = field(&Request::vae_tile_size),
       .help = "side of a tile in output pixels",
       .unset = kModelDecides,
       .least = 16,
       .most = 32768},
      {.key = "vae_tile_stride",
       .flags = {"--vae-tile-stride"},
       .group = Group::kMemory,
       .field = field(&Request::vae_tile_stride),
       .help = "distance of two tiles in output pixels; less than the size, the rest overlaps",
       .unset = "three quarters of the size",
       .least = 16,
       .most = 32768},
      {.key = "offload",
       .flags = {"--offload"},
       .group = Group::kMemory,
       .field = field(&Request::offload),
       .help = "keep weights in host memory: whole components, or block by block"},
      {.key = "max_memory",
       .flags = {"--max-memory"},
       .group = Group::kMemory,
       .field = field(&Request::max_memory),
       .help = "refuse a job that needs more than so many GB (10^9 bytes) on a device",
       .unset = "what is free",
       .least = 0.001,
       .most = 1e6},
  };
}

}  // namespace kinema::config
