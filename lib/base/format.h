// fmt::format, with what writes its arguments compiled once in format.cpp instead of in every
// source.
#pragma once

#include <spdlog/fmt/fmt.h>

// The libraries' other versions of fmt (LibTorch brings one) are used as they come.
#if FMT_VERSION / 10000 == 9
extern template void fmt::detail::vformat_to<char>(
    fmt::detail::buffer<char>&,
    fmt::basic_string_view<char>,
    fmt::basic_format_args<FMT_BUFFER_CONTEXT(fmt::type_identity_t<char>)>,
    fmt::detail::locale_ref);
#endif
