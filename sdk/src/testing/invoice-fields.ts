import type { Layout } from './stripe-object.js';

/** The fields of an invoice that no rule of the ledger looks at: with them a payload has the size of a real one. */
export function constantInvoiceFields(layout: Layout, id: string): Record<string, unknown> {
  return { ...ACCOUNT, ...CUSTOMER, ...PAYMENT, ...DOCUMENT, ...linksOf(id), ...(layout === 'basil' ? BASIL : LEGACY) };
}

const ADDRESS = {
  city: 'Springfield',
  country: 'US',
  line1: '12 Example Street',
  line2: null,
  postal_code: '01101',
  state: 'MA',
};

const ACCOUNT = {
  account_country: 'US',
  account_name: 'Example Learning, Inc.',
  account_tax_ids: null,
  application: null,
  auto_advance: false,
  automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
  automatically_finalizes_at: null,
  collection_method: 'charge_automatically',
  issuer: { type: 'self' },
  livemode: false,
  on_behalf_of: null,
  test_clock: null,
};

const CUSTOMER = {
  customer_address: ADDRESS,
  customer_email: 'billing@acme.example',
  customer_name: 'Acme Corporation',
  customer_phone: null,
  customer_shipping: { address: ADDRESS, name: 'Acme Corporation', phone: null },
  customer_tax_exempt: 'none',
  customer_tax_ids: [],
};

const PAYMENT = {
  amount_overpaid: 0,
  amount_shipping: 0,
  default_payment_method: null,
  default_source: null,
  default_tax_rates: [],
  last_finalization_error: null,
  next_payment_attempt: null,
  payment_settings: {
    default_mandate: null,
    payment_method_options: {
      acss_debit: null,
      bancontact: null,
      card: { request_three_d_secure: 'automatic' },
      customer_balance: null,
      konbini: null,
      sepa_debit: null,
      us_bank_account: null,
    },
    payment_method_types: ['card', 'us_bank_account'],
  },
  post_payment_credit_notes_amount: 0,
  pre_payment_credit_notes_amount: 0,
  starting_balance: 0,
  ending_balance: 0,
  statement_descriptor: null,
  total_discount_amounts: [],
  total_pretax_credit_amounts: [],
};

const DOCUMENT = {
  custom_fields: [{ name: 'Purchase order', value: 'PO-2026-00042' }],
  description: null,
  discounts: [],
  due_date: null,
  effective_at: null,
  footer: 'Thank you for your business.',
  from_invoice: null,
  latest_revision: null,
  metadata: {},
  number: 'ACME0001-0007',
  receipt_number: null,
  rendering: { amount_tax_display: null, pdf: { page_size: 'letter' }, template: null, template_version: null },
  shipping_cost: null,
  shipping_details: null,
  webhooks_delivered_at: null,
};

const BASIL = { confirmation_secret: null, total_taxes: [] };

const LEGACY = {
  application_fee_amount: null,
  charge: 'ch_1Acme00000000000000000',
  discount: null,
  payment_intent: 'pi_1Acme00000000000000000',
  quote: null,
  tax: null,
  total_tax_amounts: [],
  transfer_data: null,
};

function linksOf(id: string): Record<string, unknown> {
  return {
    hosted_invoice_url: `https://invoice.stripe.example/i/acct_1Example/${id}?s=ap`,
    invoice_pdf: `https://pay.stripe.example/invoice/acct_1Example/${id}/pdf?s=ap`,
  };
}
