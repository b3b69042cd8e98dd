/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that people take for an IKEv1 profile, told apart by content so that they learn what to do
 * instead; and what the detectors of the formats look for lines with. */
#include "profile/importer.h"

#include <string.h>

/* A line that begins with word and goes on with next, as in import_has_line(); and one with
 * beside, where that is not NULL. */
static const struct {
    const char *word;
    const char *next;
    const char *beside;
    const char *what;
} kinds[] = {
    {"[Interface]", NULL, "PrivateKey", "WireGuard; use wg-quick or NetworkManager"},
    {"[Peer]", NULL, "PublicKey", "WireGuard; use wg-quick or NetworkManager"},
    {"client", NULL, "remote", "OpenVPN; use openvpn or NetworkManager's plugin for it"},
    {"<ca>", NULL, "remote", "OpenVPN; use openvpn or NetworkManager's plugin for it"},
    {"dev", "tun", NULL, "OpenVPN; use openvpn or NetworkManager's plugin for it"},
    {"<AnyConnectProfile", "", NULL, "AnyConnect, a VPN over TLS; use openconnect"},
    {"<key>VPNType</key>", NULL, NULL, "a part of a .mobileconfig; give the whole file"},
    {"[lac", "", NULL, "L2TP, which is not supported"},
    {"[global]", NULL, "ipsec saref", "L2TP, which is not supported"},
    {"-----BEGIN CERTIFICATE-----", NULL, NULL,
     "a certificate; give it to a profile with coatictl profile set NAME identity.ca @FILE"},
    {"-----BEGIN", "PRIVATE KEY-----", NULL, "a private key; it belongs into secrets.private-key"},
    {"-----BEGIN", "", NULL, "a PEM file, not a VPN configuration"},
    {"network=", "{", NULL, "wpa_supplicant's, for wireless networks"},
    {"[OpenVPN]", NULL, NULL, "OpenVPN; use openvpn or NetworkManager's plugin for it"},
    {"host", "=", "trusted-cert", "openfortivpn, a VPN over TLS"},
    {"plugin", "pppol2tp.so", NULL, "L2TP, which is not supported"},
    {"plugin", "pptp.so", NULL, "PPTP, which is not supported, and broken"},
    {"pty", "\"pptp", NULL, "PPTP, which is not supported, and broken"},
    {"VpnStrategy", "=", NULL, "a phone book of Windows (.pbk); make the profile by hand"},
};

static const struct {
    const char *magic;
    gsize length;
    const char *what;
} binaries[] = {
    {"bplist00", 8, "a binary property list; plutil -convert xml1 FILE makes it readable"},
    {"PK\x03\x04", 4, "a ZIP archive; unpack it first"},
    {"\x1f\x8b", 2, "compressed; unpack it first"},
    {"\x7f"
     "ELF",
     4, "a program"},
    {"\xff\xfe", 2, "UTF-16; iconv -f UTF-16 -t UTF-8 makes it readable"},
    {"\xfe\xff", 2, "UTF-16; iconv -f UTF-16 -t UTF-8 makes it readable"},
    {"\x30\x82", 2,
     "DER: a certificate, a PKCS#12 file, or a signed .mobileconfig (openssl cms -verify -noverify "
     "-inform DER -in FILE takes the signature off)"},
    {"\x30\x80", 2,
     "DER: a certificate, a PKCS#12 file, or a signed .mobileconfig (openssl cms -verify -noverify "
     "-inform DER -in FILE takes the signature off)"},
};

gboolean
import_refuse_binary(const char *data, gsize length, const char *origin, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(binaries); i++)
        if (length >= binaries[i].length &&
            memcmp(data, binaries[i].magic, binaries[i].length) == 0)
            return import_fail(error, origin, 0, "cannot be imported: this is %s",
                               binaries[i].what);
    return TRUE;
}

gboolean
import_refuse(const char *text, const char *origin, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        guint line = import_has_line(text, kinds[i].word, kinds[i].next);

        if (line > 0 &&
            (kinds[i].beside == NULL || import_has_line(text, kinds[i].beside, "") > 0 ||
             import_has_line(text, kinds[i].beside, "=") > 0))
            return import_fail(error, origin, line, "cannot be imported: this is %s",
                               kinds[i].what);
    }
    return TRUE;
}

static gboolean
line_matches(const char *line, gsize length, const char *word, const char *next)
{
    gsize word_length = strlen(word);
    gsize blanks = 0;

    while (length > 0 && g_ascii_isspace(*line)) {
        line++;
        length--;
    }
    if (length < word_length || g_ascii_strncasecmp(line, word, word_length) != 0)
        return FALSE;
    line += word_length;
    length -= word_length;
    while (blanks < length && g_ascii_isspace(line[blanks]))
        blanks++;
    if (next == NULL)
        return blanks == length;
    if (next[0] == '\0')
        return blanks > 0 || length == 0 || !g_ascii_isalnum(word[word_length - 1]);
    return length - blanks >= strlen(next) && strncmp(line + blanks, next, strlen(next)) == 0;
}

guint
import_has_line(const char *text, const char *word, const char *next)
{
    for (guint number = 1; *text != '\0'; number++) {
        gsize length = strcspn(text, "\n");

        if (line_matches(text, length, word, next))
            return number;
        text += length + (text[length] == '\n');
    }
    return 0;
}

char *
import_first_line(const char *text, const char *comments)
{
    while (*text != '\0') {
        gsize length = strcspn(text, "\n");
        g_autofree char *line = g_strstrip(g_strndup(text, length));

        if (line[0] != '\0' && strchr(comments, line[0]) == NULL)
            return g_steal_pointer(&line);
        text += length + (text[length] == '\n');
    }
    return NULL;
}

char *
import_base_name(const char *origin)
{
    char *base = g_path_get_basename(origin);
    char *dot = strrchr(base, '.');

    if (dot != NULL && dot != base)
        *dot = '\0';
    return base;
}
