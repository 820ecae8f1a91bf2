// A driver's library with the cards that the test's environment names.
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

namespace {

std::vector<std::string> cards() {
  std::vector<std::string> names;
  const char* text = std::getenv("PLAYED_CUDA_CARDS");
  std::istringstream list(text == nullptr ? "" : text);
  for (std::string name; std::getline(list, name, ',');) names.push_back(name);
  return names;
}

}  // namespace

extern "C" {
int cuInit(unsigned) { return std::getenv("PLAYED_CUDA_CARDS") == nullptr ? 100 : 0; }
int cuDeviceGetCount(int* count) {
  *count = static_cast<int>(cards().size());
  return 0;
}
int cuDeviceGet(int* device, int index) {
  *device = index + 7;  // a handle, not a number
  return 0;
}
int cuDeviceGetName(char* name, int length, int device) {
  const auto card = cards().at(static_cast<size_t>(device - 7));
  if (card == "dies") ::_exit(3);
  std::strncpy(name, card.c_str(), static_cast<size_t>(length));
  return 0;
}
}
