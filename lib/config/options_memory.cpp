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
       .unset = kModelDecides,
       .least = 16,
       .most = 32768},
      {.key = "vae_tile_frames",
       .flags = {"--vae-tile-frames"},
       .group = Group::kMemory,
       .field = field(&Request::vae_tile_frames),
       .help = "tile in time too, so many output frames; as diffusers' framewise decoding, which "
               "is another video than the whole",
       .unset = "all",
       .least = 1,
       .most = 100000},
      {.key = "vae_tile_frame_stride",
       .flags = {"--vae-tile-frame-stride"},
       .group = Group::kMemory,
       .field = field(&Request::vae_tile_frame_stride),
       .help = "distance of two such tiles in output frames",
       .unset = "half of the frames",
       .least = 1,
       .most = 100000},
      {.key = "offload",
       .flags = {"--offload"},
       .group = Group::kMemory,
       .field = field(&Request::offload),
       .help = "model: a network is on the device only while its stage runs, also between outputs; "
               "block: a few of its blocks at a time, the rest comes from host memory or, where "
               "it does not fit there, the files; with --use-hsdp, each GPU's part of a block "
               "waits in host memory instead of the GPU's; disk: as block, always from the files"},
      {.key = "load_ahead",
       .flags = {"--load-ahead"},
       .group = Group::kMemory,
       .field = field(&Request::load_ahead),
       .help = "networks that are loaded while the stage before theirs works: the transformer "
               "while texts are encoded, the VAE while it denoises; auto: on a GPU those that fit "
               "beside it, on the CPU none"},
      {.key = "resident_blocks",
       .flags = {"--resident-blocks"},
       .group = Group::kMemory,
       .field = field(&Request::resident_blocks),
       .help = "with --offload block, --offload disk or --use-hsdp: how many of the transformer's "
               "blocks stay whole",
       .unset = "what --max-memory allows; without it, on a GPU what hides every fetch, else none",
       .least = 0,
       .most = 4096},
      {.key = "stream_slots",
       .flags = {"--stream-slots"},
       .group = Group::kMemory,
       .field = field(&Request::stream_slots),
       .help = "blocks that are there at a time beside those that stay",
       .unset = "2, or 3 where a block arrives just in time",
       .least = 2,
       .most = 16},
      {.key = "max_memory",
       .flags = {"--max-memory"},
       .group = Group::kMemory,
       .field = field(&Request::max_memory),
       .help = "use at most so many GB (10^9 bytes) on a device; what cannot be done with them is "
               "refused",
       .unset = "what is free, or 90 % of a GPU that is known by its name",
       .least = 0.001,
       .most = 1e6},
  };
}

}  // namespace kinema::config
