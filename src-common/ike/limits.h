/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every limit of the core in one place. What a peer sends beyond one is refused or cut, never
 * stored. "Stranger" is a peer that has not proved a key yet.
 */
#pragma once

enum {
    /* Messages */
    IKE_MAX_MESSAGE = 65535,
    IKE_MAX_MESSAGE_STRANGER = 16384,
    IKE_MAX_PAYLOADS = 32,
    IKE_MIN_NONCE = 8,
    IKE_MAX_NONCE = 256,

    /* Offers */
    IKE_MAX_TRANSFORMS = 128, /* in all proposals of one SA payload */
    IKE_MAX_TRANSFORM_OCTETS = 128,
    IKE_MAX_ATTRIBUTES = 2048, /* in one list: 1024 routes may come one by one */
    IKE_MIN_ESP_SPI = 256,
    IKE_MIN_LIFE_KILOBYTES = 1024, /* of a child: less would be one renewal after the other */

    /* Fragments */
    IKE_MAX_FRAGMENTS = 64,
    IKE_MAX_REASSEMBLIES = 2, /* per ISAKMP SA */
    IKE_FRAGMENT_SECONDS = 20,

    /* Certificates */
    IKE_MAX_CERTIFICATES = 8,
    IKE_MAX_CERTIFICATE_OCTETS = 16384,
    IKE_MAX_CHAIN_DEPTH = 6,
    IKE_MIN_RSA_BITS = 2048,
    IKE_MIN_RSA_BITS_WEAK = 1024,
    IKE_MAX_RSA_BITS = 8192,
    IKE_MAX_CERTIFICATE_REQUESTS = 4, /* sent */

    /* Settings */
    IKE_MAX_ROUTES = 1024,
    IKE_MAX_DNS = 8,
    IKE_MAX_WINS = 8,
    IKE_MAX_DOMAINS = 32,
    IKE_MAX_DOMAIN_OCTETS = 253,
    IKE_MAX_BACKUP_GATEWAYS = 16,
    IKE_MAX_BANNER_OCTETS = 4096,
    IKE_MAX_TEXT_OCTETS = 256,
    IKE_MAX_XAUTH_OCTETS = 1024,

    /* Exchanges and state */
    IKE_MAX_EXCHANGES = 8, /* message IDs at a time per ISAKMP SA */
    IKE_MAX_EARLY_MESSAGES = 2,
    IKE_MAX_HALF_OPEN = 50000,
    IKE_MAX_HALF_OPEN_PER_ENDPOINT = 5,
    /* With more than so many half open the responder is under load: then each address has a cap
     * too, Diffie-Hellman is done in Aggressive Mode only for who repeats its first message, and who
     * is half open has less time. */
    IKE_LOADED_HALF_OPEN = 1000,
    IKE_LOADED_HALF_OPEN_PER_ADDRESS = 100,
    IKE_LOADED_HALF_OPEN_SECONDS = 10,
    IKE_LOADED_FIRST_MESSAGES = 65536, /* remembered */
    IKE_FAMILIAR_ADDRESSES = 16384,    /* remembered */
    /* Work for strangers: one part in so many of the time that passes, saved for a second. */
    IKE_STRANGER_SHARE = 4,
    IKE_STRANGER_BUDGET = 1000000 / IKE_STRANGER_SHARE, /* microseconds */
    IKE_SIGNATURE_MICROSECONDS = 300,                   /* RSA with 2048 bits */
    IKE_MAX_DUPLICATE_ANSWERS = 5,
    IKE_MAX_LOGIN_ROUNDS = 10,

    /* Cryptography */
    IKE_MAX_HASH_LENGTH = 64,
    IKE_MAX_BLOCK_LENGTH = 16,
    IKE_MAX_PUBLIC_LENGTH = 1024,
    IKE_MAX_SIGNATURE_LENGTH = 1024,
};
