// Settings that say what the video shows.
#include "config/option_groups.h"

namespace kinema::config {

std::vector<Option> content_options() {
  return {
      {.key = "prompt",
       .flags = {"-p", "--prompt"},
       .group = Group::kContent,
       .field = field(&Request::prompt),
       .help = "what to show: a text, @FILE for a file's text, or - for standard input (@@ begins "
               "a text with @)",
       .unset = "must be given"},
      {.key = "negative_prompt",
       .flags = {"-n", "--negative-prompt"},
       .group = Group::kContent,
       .field = field(&Request::negative_prompt),
       .help = "what not to show (same forms); without effect where guidance is off",
       .unset = "empty"},
      {.key = "image",
       .flags = {"--image", "--image-path"},
       .group = Group::kContent,
       .field = field(&Request::image),
       .help = "picture that an image-to-video model animates",
       .unset = "none"},
      {.key = "image_fit",
       .flags = {"--image-fit"},
       .group = Group::kContent,
       .field = field(&Request::image_fit),
       .help = "how the picture gets the video's shape; reference: size from the picture, resized "
               "and cropped as diffusers does"},
      {.key = "image_crf",
       .flags = {"--image-crf"},
       .group = Group::kContent,
       .field = field(&Request::image_crf),
       .help = "compress the picture as H.264 first, with this quality, as the frames that the "
               "model was trained with; 0: do not",
       .unset = kModelDecides,
       .least = 0,
       .most = 51},
      {.key = "seed",
       .flags = {"--seed"},
       .group = Group::kContent,
       .field = field(&Request::seed),
       .help = "starting noise; the same seed gives the same video",
       .unset = "random, printed"},
      {.key = "num_outputs_per_prompt",
       .flags = {"--num-outputs-per-prompt"},
       .group = Group::kContent,
       .field = field(&Request::num_outputs_per_prompt),
       .help = "so many videos, with seeds N, N+1, ...",
       .least = 1,
       .most = 100000},
  };
}

}  // namespace kinema::config
