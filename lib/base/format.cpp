// The one place where fmt's writers of numbers and texts are compiled.
#include "base/format.h"

#if FMT_VERSION / 10000 == 9
template void fmt::detail::vformat_to<char>(
    fmt::detail::buffer<char>&,
    fmt::basic_string_view<char>,
    fmt::basic_format_args<FMT_BUFFER_CONTEXT(fmt::type_identity_t<char>)>,
    fmt::detail::locale_ref);
#endif
