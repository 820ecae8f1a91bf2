// Container facts first, then the job's settings from the comment tag.
#include "inspect_video.h"

#include <iomanip>
#include <iostream>
#include <string>

#include "base/json.h"
#include "media/video_reader.h"

namespace kinema::engine {
namespace {

constexpr int kKeyWidth = 28;  // columns

// The comment as JSON if this program wrote it, otherwise as the text it is.
OrderedJson comment_json(const std::string& comment) {
  auto json = OrderedJson::parse(comment, nullptr, /*allow_exceptions=*/false);
  return json.is_discarded() ? OrderedJson(comment) : json;
}

OrderedJson described(const std::filesystem::path& path, const media::VideoInfo& info) {
  OrderedJson json = {{"path", path.string()},
                      {"width", info.size.width},
                      {"height", info.size.height},
                      {"frames", info.frames},
                      {"fps", std::to_string(info.fps.num) + "/" + std::to_string(info.fps.den)},
                      {"codec", info.codec},
                      {"profile", info.profile},
                      {"pixel_format", info.pixel_format},
                      {"matrix", info.matrix},
                      {"primaries", info.primaries},
                      {"transfer", info.transfer},
                      {"range", info.range}};
  if (info.sound) {
    json["sound"] = {{"codec", info.sound->codec},
                     {"profile", info.sound->profile},
                     {"rate", info.sound->format.rate},
                     {"channels", info.sound->format.channels},
                     {"samples", info.sound->length}};
  }
  if (!info.comment.empty()) json["comment"] = comment_json(info.comment);
  return json;
}

std::string text_of(const OrderedJson& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void print_rows(const OrderedJson& object, int indent) {
  for (const auto& [key, value] : object.items()) {
    const std::string margin(static_cast<size_t>(indent), ' ');
    if (value.is_object()) {
      std::cout << margin << key << '\n';
      print_rows(value, indent + 2);
    } else {
      std::cout << margin << std::left << std::setw(kKeyWidth - indent) << key << text_of(value)
                << '\n';
    }
  }
}

}  // namespace

void inspect_video(const std::filesystem::path& path, InspectForm form) {
  const auto json = described(path, media::VideoReader(path).info());
  if (form == InspectForm::kJson) {
    std::cout << json.dump(2) << '\n';
  } else {
    print_rows(json, 0);
  }
}

}  // namespace kinema::engine
